#!/usr/bin/env bash
# Packs everything, builds a program from the packed files alone, and runs it: with the JIT compiler, and as one file with Native AOT for
# any CPU, for AVX2, for this one and, emulated, for ARM64. Likewise a program that carries its network. All of them must give the same
# bits. Builds and tries the other samples, and installs the tool from its package.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source .ci/debian.sh
source .ci/cpu.sh

need gcc gcc libc6-dev

work="$PWD/artifacts"
sample=docs/samples/embed
model=src/DwEngine.Cli/Demo/cifar10_expanded_x0_5.safetensors
picture=src/DwEngine.Cli/Demo/coffee.png
loop=docs/samples/control-loop
carrier=docs/samples/embedded-model
ros=docs/samples/ros2
web=docs/samples/aspnet
rm -rf "$work"/{packages,consumer,embed,embedded-model,control-loop,ros2,aspnet,tool} {"$sample","$loop","$carrier","$ros","$web"}/{bin,obj}

dotnet pack DwEngine.sln -c Release -o "$work/packages" -v quiet --nologo
ls -l "$work/packages"

# Packages of an earlier run must not be taken from a cache; those of others may.
cache=$(dotnet nuget locals global-packages --list)
restore=("-p:RestorePackagesPath=$work/consumer" "-p:RestoreFallbackFolders=${cache#*: }")
options=(-c Release -v quiet --nologo "${restore[@]}")

# hash_of COMMAND...: what the sample finds out, and the hash of its scores.
hash_of() {
  "$@" "$model" "$picture" | tee /dev/stderr | sed -n 's/^bits //p'
}

dotnet build "$sample" "${options[@]}" -o "$work/embed/jit"
expected=$(hash_of dotnet "$work/embed/jit/embed.dll")
[[ ${#expected} == 16 ]] || die "the sample printed no hash"

# The camera sample makes its frames, and fails where it does not find what they show.
dotnet build "$loop" "${options[@]}" -o "$work/control-loop"
dotnet "$work/control-loop/control-loop.dll" --seconds 3

# The ROS 2 sample makes images in every encoding, and fails where it does not find what they show.
dotnet build "$ros" "${options[@]}" -o "$work/ros2"
dotnet "$work/ros2/ros2.dll"

# The web service asks itself, with a network that needs no file.
dotnet build "$web" "${options[@]}" -o "$work/aspnet"
dotnet "$work/aspnet/aspnet.dll" --check

# publish NAME [OPTION...]: the sample as one file, and the warnings that this gave.
publish() {
  local name=$1
  shift
  dotnet publish "$sample" "${options[@]}" -r linux-x64 -p:CppCompilerAndLinker=gcc "$@" -o "$work/embed/$name" 2>&1 |
    tee "$work/embed/$name.log"
  local size
  size=$(stat -c %s "$work/embed/$name/embed")
  echo "$name: $size bytes"
  ((size < 8000000)) || die "$name: the program has $size bytes, at most 8,000,000 are allowed"
  [[ -z $(find "$work/embed/$name" -name '*.so') ]] || die "$name: a native library lies beside the program"
}

if [[ $(uname -m) == x86_64 ]]; then
  publish any
  grep -q "warning DWENGINE001" "$work/embed/any.log" || die "no warning of the missing instruction set"
  hash_of "$work/embed/any/embed" >/dev/null

  cpus=(native)
  if cpu_has "${LEVEL3[@]}"; then cpus+=(x86-64-v3); fi
  for cpu in "${cpus[@]}"; do
    publish "$cpu" "-p:IlcInstructionSet=$cpu"
    ! grep -q "warning" "$work/embed/$cpu.log" || die "$cpu: publishing gave warnings"
    found=$(hash_of "$work/embed/$cpu/embed")
    [[ $found == "$expected" ]] || die "$cpu: other bits than with the JIT compiler"
  done

  # For ARM64. The compiler driver of the cross tools knows its target, and does not take an option that names it.
  need aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu libc6-dev-arm64-cross
  need qemu-aarch64-static qemu-user-static
  root=$(arm64_root)
  printf '#!/usr/bin/env bash\nexec aarch64-linux-gnu-gcc "${@/#--target=*/-pthread}"\n' >"$work/embed/arm64-gcc"
  chmod +x "$work/embed/arm64-gcc"
  dotnet publish "$sample" "${options[@]}" -r linux-arm64 "-p:CppCompilerAndLinker=$work/embed/arm64-gcc" \
    -p:ObjCopyName=aarch64-linux-gnu-objcopy -o "$work/embed/arm64" 2>&1 | tee "$work/embed/arm64.log"
  ! grep -q "warning" "$work/embed/arm64.log" || die "arm64: publishing gave warnings"
  for cpu in cortex-a72 max; do
    found=$(hash_of qemu-aarch64-static -cpu "$cpu" -L "$root" "$work/embed/arm64/embed")
    [[ $found == "$expected" ]] || die "arm64, $cpu: other bits than with the JIT compiler"
  done

  # The program that carries its network is one file as well, and needs no other.
  dotnet publish "$carrier" "${options[@]}" -r linux-x64 -p:CppCompilerAndLinker=gcc -p:IlcInstructionSet=native \
    -o "$work/embedded-model/publish"
  mkdir "$work/embedded-model/alone"
  cp "$work/embedded-model/publish/embedded-model" "$work/embedded-model/alone"
  found=$("$work/embedded-model/alone/embedded-model" "$picture" | tee /dev/stderr | sed -n 's/^bits //p')
  [[ $found == "$expected" ]] || die "embedded-model: other bits than from the file"
fi

# On x64 the tool's package is machine code alone, here of the level that this CPU takes. It answers as the JIT compiler's does.
if [[ $(uname -m) == x86_64 ]]; then
  level=x86-64-v2
  if cpu_has "${LEVEL3[@]}"; then level=x86-64-v3; fi
  if cpu_has "${LEVEL4[@]}"; then level=x86-64-v4; fi
  bash .ci/tool.sh "$work/packages" "$level"
fi

dotnet tool install DwEngine.Cli --tool-path "$work/tool" --add-source "$work/packages" --no-cache
"$work/tool/dw" info "$model" >/dev/null
"$work/tool/dw" run "$model" "$picture" --json >"$work/tool/answer.json"
dotnet src/DwEngine.Cli/bin/Release/net10.0/dw.dll run "$model" "$picture" --json | cmp - "$work/tool/answer.json" ||
  die "the tool's package: another answer than with the JIT compiler"
"$work/tool/dw" --version
