#!/bin/sh
# Starts the program that was compiled for the instructions of this CPU. What the variables of .NET switch off is left out here, too.
here=$(dirname "$(readlink -f "$0")")

flags=
while read -r key value; do
  if [ "$key" = flags ]; then
    flags=" ${value#: } "
    break
  fi
done 2>/dev/null </proc/cpuinfo

has() {
  for flag; do
    case $flags in
      *" $flag "*) ;;
      *) return 1 ;;
    esac
  done
}

level=v2
if [ "${DOTNET_EnableHWIntrinsic:-1}" != 0 ] && [ "${DOTNET_EnableAVX2:-1}" != 0 ] && has avx avx2 bmi1 bmi2 f16c fma movbe; then
  level=v3
  if [ "${DOTNET_EnableAVX512:-1}" != 0 ] && has avx512f avx512bw avx512cd avx512dq avx512vl; then
    level=v4
  fi
fi

exec "$here/dw-x86-64-$level" "$@"
