#!/usr/bin/env bash
# Publishes the projects of tests whose arithmetic depends on the instruction set for linux-arm64, and runs them under user-mode emulation.
# Usage: arm64.sh REPORTS [argument of the test runner...]
# REPORTS is a folder, which gets a report of each project.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source .ci/debian.sh
source .ci/test-projects.sh

reports=$1
shift

need qemu-aarch64-static qemu-user-static
root=$(arm64_root)

# Inside the repository, because tests find its root by walking up from where they run.
output="$PWD/artifacts/arm64"
rm -rf "$output"
mkdir -p "$reports"
mapfile -t projects < <(arithmetic_projects)
dotnet build .ci/arm64.proj -t:Publish -p:Folders="$output" -p:Projects="$(IFS=: && echo "${projects[*]}")" -v quiet --nologo

# The emulator does not follow code that is written through a second mapping, and every method that is compiled again at run time is slow.
export DOTNET_EnableWriteXorExecute=0
export DOTNET_TieredPGO=0
export DOTNET_GCHeapHardLimit=0x40000000
export DOTNET_gcServer=0
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
export DWENGINE_EXPECTED_ISA=neon

status=0
for project in "${projects[@]}"; do
  name=${project##*/}
  qemu-aarch64-static -L "$root" "$output/$name/$name" \
    -noColor -noLogo -noAutoReporters -longRunning 60 -result-xml "$reports/$name.xml" "$@" || status=$?
done
exit "$status"
