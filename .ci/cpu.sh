# What this CPU can do. Sourced.

# The flags of Linux for the levels of x64; dw.sh asks for the same.
LEVEL3=(avx avx2 bmi1 bmi2 f16c fma movbe)
LEVEL4=("${LEVEL3[@]}" avx512f avx512bw avx512cd avx512dq avx512vl)

# cpu_has FLAG...: whether it has all of them.
cpu_has() {
  local flag
  for flag in "$@"; do
    grep -qwm1 "$flag" /proc/cpuinfo || return 1
  done
}

# cpu_isa: the best instruction set that DwEngine takes on this CPU if it is one of x64, else portable.
cpu_isa() {
  if cpu_has avx2 fma avx512f avx512vl avx512bw avx512dq; then
    echo avx512
  elif cpu_has avx2 fma; then
    echo avx2
  else
    echo portable
  fi
}
