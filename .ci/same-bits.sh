#!/usr/bin/env bash
# Compares hashes of what networks answer, batch 1 and 3, and of a decomposition: with the JIT compiler on the instruction sets of this CPU,
# with Native AOT, and on NEON, emulated as two CPUs. All must be equal. Where DWENGINE_SHARED is not set, the network that the tool carries
# is the only one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source .ci/debian.sh
source .ci/cpu.sh

need gcc gcc libc6-dev
need qemu-aarch64-static qemu-user-static
root=$(arm64_root)

demo=src/DwEngine.Cli/Demo
models=("$demo/cifar10_expanded_x0_5.safetensors")
images=$demo
if [[ -n ${DWENGINE_SHARED:-} ]]; then
  models+=("$DWENGINE_SHARED"/models/*.{pth,onnx} "$DWENGINE_SHARED"/models/real/*.onnx)
  images=$DWENGINE_SHARED/data/cifar10/train
fi

project=tests/DwEngine.OutputHashes
program=DwEngine.OutputHashes
work="$PWD/artifacts/same-bits"
rm -rf "$work"
mkdir -p "$work/hashes" "$work/times"
emulated=(cortex-a72 max)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true' EXIT

# hash NAME COMPILER BEST ISA COMMAND...: what the program prints, which the others are compared with.
hash() {
  local name=$1 compiler=$2 best=$3 isa=$4
  shift 4
  "$@" "$compiler" "$best" "$isa" "$images" "${models[@]}" >"$work/hashes/$name" 2>"$work/times/$name" || {
    cat "$work/times/$name" >&2
    echo "$name: the program failed" >&2
    return 1
  }
}

dotnet build .ci/arm64.proj -t:Publish -p:Folders="$work" -p:Projects="$project" -v quiet --nologo
for cpu in "${emulated[@]}"; do
  # The emulator does not follow code that is written through a second mapping, and every method that is compiled again is slow.
  hash "neon-$cpu" jit neon neon \
    env DOTNET_EnableWriteXorExecute=0 DOTNET_TieredCompilation=0 DOTNET_GCHeapHardLimit=0x40000000 DOTNET_gcServer=0 \
    qemu-aarch64-static -cpu "$cpu" -L "$root" "$work/$program/$program" &
  pids+=($!)
done

native=$(cpu_isa)
if [[ $(uname -m) == x86_64 && $native != portable ]]; then
  dotnet publish "$project" -c Release -r linux-x64 -p:Aot=true -p:CppCompilerAndLinker=gcc -p:IlcInstructionSet=native \
    -o "$work/native" -v quiet --nologo
  hash aot-native aot "$native" "$native" "$work/native/$program"
  dotnet build "$project" -c Release -o "$work/jit" -v quiet --nologo
  hash jit-native jit "$native" "$native" dotnet "$work/jit/$program.dll"
  hash jit-avx2 jit avx2 avx2 env DOTNET_EnableAVX512=0 dotnet "$work/jit/$program.dll"
  hash jit-portable jit "$native" portable dotnet "$work/jit/$program.dll"
fi

for pid in "${pids[@]}"; do wait "$pid"; done

# At least the two emulated ones, all of the same lines.
cat "$work/hashes/neon-max"
status=0
for found in "$work"/hashes/*; do
  echo "${found##*/}: $(wc -l <"$found") hashes"
  diff --label neon-max --label "${found##*/}" "$work/hashes/neon-max" "$found" || status=1
done

lines=$((2 * ${#models[@]} + 1))
[[ $(wc -l <"$work/hashes/neon-max") == "$lines" ]] || die "$lines hashes were expected"
exit "$status"
