#!/usr/bin/env bash
# Runs the Release build of the projects of tests whose arithmetic depends on the instruction set, one after the other.
# Usage: projects.sh REPORTS [argument of the test runner...]
# REPORTS is a folder, which gets a report of each project.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source .ci/test-projects.sh

reports=$1
shift
mkdir -p "$reports"

status=0
for project in $(arithmetic_projects); do
  name=${project##*/}
  dotnet exec "$project/bin/Release/net10.0/$name.dll" \
    -noColor -noLogo -noAutoReporters -longRunning 60 -result-xml "$reports/$name.xml" "$@" || status=$?
done
exit "$status"
