#!/usr/bin/env bash
# Publishes the smoke program with Native AOT, where a trim or AOT warning is an error, and runs it: for any x64 CPU, where the compiler
# leaves AVX out, and for this one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source .ci/debian.sh

need gcc gcc libc6-dev

known=()
models="${DWENGINE_SHARED:-}/models"
for weights in shufflenet_v2_x0_5.pth shufflenet_v2_x0_5.legacy.pth; do
  if [[ -f "$models/$weights" ]]; then
    known+=("$models/$weights" "$models/${weights%%.*}.in.bin" "$models/${weights%%.*}.out.bin")
  fi
done

for cpu in any native; do
  output="$PWD/artifacts/aot/$cpu"
  rm -rf "$output"
  options=(-p:CppCompilerAndLinker=gcc)
  if [[ $cpu != any ]]; then options+=("-p:IlcInstructionSet=$cpu"); fi
  echo "compiled for CPU: $cpu"
  dotnet publish tests/DwEngine.AotSmoke -c Release -r linux-x64 "${options[@]}" -o "$output" -v quiet --nologo
  "$output/DwEngine.AotSmoke" "${known[@]}"
done
