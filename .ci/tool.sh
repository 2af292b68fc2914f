#!/usr/bin/env bash
# Packs the tool for linux-x64 as machine code alone, so that a command waits for no compiler: tool.sh FOLDER [LEVEL...] writes the package
# to the folder. It has a program for each level of the instruction set, and dw.sh starts the right one. Fewer levels make a package for
# this machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source .ci/debian.sh

packages=${1:?tool.sh FOLDER [LEVEL...]}
levels=("${@:2}")
if ((${#levels[@]} == 0)); then levels=(x86-64-v2 x86-64-v3 x86-64-v4); fi
work="$PWD/artifacts/programs"
rm -rf "$work"

need gcc gcc libc6-dev

mkdir -p "$work/linux-x64"
options=(-c Release -r linux-x64 -v quiet --nologo)
dotnet build src/DwEngine.Cli "${options[@]}" -p:Aot=true
for level in "${levels[@]}"; do
  dotnet publish src/DwEngine.Cli "${options[@]}" --no-build -p:Aot=true -p:CppCompilerAndLinker=gcc "-p:IlcInstructionSet=$level" \
    -o "$work/$level" 2>&1 | tee "$work/$level.log"
  ! grep -q warning "$work/$level.log" || die "$level: publishing gave warnings"
  cp "$work/$level/dw" "$work/linux-x64/dw-$level"
done

install -m 755 src/DwEngine.Cli/dw.sh "$work/linux-x64/dw"
dotnet pack src/DwEngine.Cli "${options[@]}" --no-build "-p:ToolPrograms=$work/linux-x64" -o "$packages"
