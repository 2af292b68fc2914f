#!/usr/bin/env bash
# Publishes the test suite for linux-arm64 and runs it under user-mode emulation.
# Usage: arm64.sh REPORT.xml [argument of the test runner...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source .ci/debian.sh

report=$1
shift

need qemu-aarch64-static qemu-user-static
root=$(arm64_root)

# Inside the repository, because tests find its root by walking up from where they run.
output="$PWD/artifacts/arm64"
rm -rf "$output"
dotnet publish tests/DwEngine.Tests -c Release -r linux-arm64 --self-contained -p:PublishReadyToRun=true -o "$output" -v quiet --nologo

# The emulator does not follow code that is written through a second mapping, and every method that is compiled again at run time is slow.
export DOTNET_EnableWriteXorExecute=0
export DOTNET_TieredPGO=0
export DOTNET_GCHeapHardLimit=0x40000000
export DOTNET_gcServer=0
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
export DWENGINE_EXPECTED_ISA=neon

exec qemu-aarch64-static -L "$root" "$output/DwEngine.Tests" -noColor -noLogo -noAutoReporters -longRunning 60 -result-xml "$report" "$@"
