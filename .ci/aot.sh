#!/usr/bin/env bash
# Publishes the smoke program with Native AOT, where a trim or AOT warning is an error, and runs it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source .ci/debian.sh

need gcc gcc libc6-dev
output="$PWD/artifacts/aot"
rm -rf "$output"
dotnet publish tests/DwEngine.AotSmoke -c Release -r linux-x64 -p:CppCompilerAndLinker=gcc -o "$output" -v quiet --nologo
"$output/DwEngine.AotSmoke"
