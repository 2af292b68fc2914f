# Functions of the CI run: legs, their reports and the totals. Sourced by run; expects the repository root as working directory.

readonly REPORTS="$PWD/artifacts/ci"
# Seconds after which no leg goes on: a run that hangs everywhere still ends with its totals.
readonly DEADLINE=2390
rm -rf "$REPORTS"
mkdir -p "$REPORTS"

TOTAL_PASSED=0 TOTAL_FAILED=0 TOTAL_SKIPPED=0
SUMMARY=()

# say TEXT...: a heading in the log.
say() { printf '\n=== %s\n' "$*"; }

# record NAME PASSED FAILED SKIPPED SECONDS [REMARK]: adds a leg to the totals.
record() {
  TOTAL_PASSED=$((TOTAL_PASSED + $2))
  TOTAL_FAILED=$((TOTAL_FAILED + $3))
  TOTAL_SKIPPED=$((TOTAL_SKIPPED + $4))
  SUMMARY+=("$(printf '%-28s %5d passed %5d failed %5d skipped %5d s  %s' "$1" "$2" "$3" "$4" "$5" "${6:-}")")
}

# execute SECONDS COMMAND...: runs a command with a time limit and shows what it printed. The output passes through a file, not a pipe:
# a build server that outlives the command would keep a pipe open.
execute() {
  local limit=$1 left=$((DEADLINE - SECONDS)) status=0
  shift
  limit=$((limit < left ? limit : left > 1 ? left : 1))
  timeout --kill-after=15 "$limit" "$@" </dev/null >"$REPORTS/current.log" 2>&1 || status=$?
  cat "$REPORTS/current.log"
  case $status in
    0) ;;
    124 | 137) echo "*** exit code $status: killed, or stopped at its limit of $limit s" ;;
    *) echo "*** exit code $status" ;;
  esac
  return "$status"
}

# check NAME SECONDS COMMAND...: a leg without a test report; it counts as one test.
check() {
  local name=$1 limit=$2 start=$SECONDS
  shift 2
  say "$name (counts as one test)"
  if execute "$limit" "$@"; then
    record "$name" 1 0 0 $((SECONDS - start))
  else
    record "$name" 0 1 0 $((SECONDS - start)) "FAILED"
  fi
}

# suite NAME REPORTS PROJECTS SECONDS COMMAND...: a leg that runs so many projects of tests. Each of them writes an xunit XML report to the
# folder REPORTS.
suite() {
  local name=$1 reports=$2 projects=$3 limit=$4 start=$SECONDS status=0 remark="" passed failed skipped missing
  shift 4
  say "$name"
  rm -rf "$reports"
  execute "$limit" "$@" || status=$?

  passed=$(count "$reports" passed)
  failed=$(($(count "$reports" failed) + $(count "$reports" errors)))
  skipped=$(count "$reports" skipped)
  missing=$((projects - $(complete "$reports")))
  if ((missing != 0)); then
    remark="FAILED: reports of $missing projects of tests are missing" failed=$((failed + 1))
  elif ((passed == 0)); then
    remark="FAILED: no test passed" failed=$((failed > 0 ? failed : 1))
  elif ((failed > 0)); then
    remark="FAILED"
  elif ((status != 0)); then
    remark="FAILED: exit code $status" failed=1
  fi
  record "$name" "$passed" "$failed" "$skipped" $((SECONDS - start)) "$remark"
  failures "$reports" | while IFS= read -r line; do echo "$name: $line"; done >>"$REPORTS/failures"
}

# failures REPORTS: the tests of a folder's reports that failed, a line each: the name, and how the message and the stack begin.
failures() {
  local file
  grep -rlsE 'result="Fail"|<error ' "$1" | while IFS= read -r file; do
    tr '\n' ' ' <"$file" | sed -E 's/<(test|error) /\n<\1 /g' | grep -E '^<error |^<test [^>]*result="Fail"' \
      | sed -E 's/^<[^>]* name="([^"]*)"[^>]*>/\1: /; s/<!\[CDATA\[|\]\]>//g; s/<[^>]*>/ /g; s/\\?&quot;/"/g; s/  +/ /g' | cut -c 1-900
  done || true
}

# complete REPORTS: how many reports of the folder were written to their end.
complete() {
  (grep -rls '</assemblies>' "$1" || true) | wc -l
}

# count REPORTS ATTRIBUTE: the sum of a counter over the <assembly> elements of a folder's reports; 0 without a report.
count() {
  local sum=0 number
  for number in $(grep -rohs '<assembly [^>]*>' "$1" | sed -nE "s/.* $2=\"([0-9]+)\".*/\1/p"); do
    sum=$((sum + number))
  done
  echo "$sum"
}

# finish: the tests that failed, the table of legs and, as the last line, the totals. Exit code 0 only when nothing failed and some passed.
finish() {
  if [[ -s $REPORTS/failures ]]; then
    say "tests that failed"
    cat "$REPORTS/failures"
  fi
  say "legs"
  printf '%s\n' "${SUMMARY[@]}"
  echo "total time: $SECONDS s"
  echo "$TOTAL_PASSED passed, $TOTAL_FAILED failed, $TOTAL_SKIPPED skipped"
  ((TOTAL_FAILED == 0 && TOTAL_PASSED > 0))
}
