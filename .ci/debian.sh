# What comes from Debian: host packages and an arm64 root for user-mode emulation. Sourced by scripts that stop at errors.

shopt -s inherit_errexit

die() {
  echo "set-up failed: $*" >&2
  exit 1
}

# need COMMAND PACKAGE...: installs the packages unless the command is there already.
need() {
  local command=$1
  shift
  command -v "$command" >/dev/null && return
  command -v apt-get >/dev/null || die "$command is missing and this is no Debian system: install $*"
  ((EUID == 0)) || die "$command is missing: run as root, or install $* first"
  echo "installing $*"
  local quiet=(-qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300)
  apt-get "${quiet[@]}" update || die "apt-get update"
  DEBIAN_FRONTEND=noninteractive apt-get "${quiet[@]}" install -y --no-install-recommends "$@" >/dev/null || die "apt-get install $*"
  command -v "$command" >/dev/null || die "$* installed, yet there is no $command"
}

# The libraries that the runtime's own linux-arm64 files link to or load.
ARM64_PACKAGES=(libc6 libgcc-s1 libstdc++6 zlib1g libssl3)

# arm64_root: prints the path of a root folder with these libraries, which is kept between runs and rebuilt when it is damaged.
arm64_root() {
  local release cache root
  release=$(. /etc/os-release && echo "${VERSION_CODENAME:-unknown}")
  cache="${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/dwengine-ci"
  root="$cache/arm64-$release"
  if ! arm64_root_is_sound "$root"; then
    mkdir -p "$cache"
    build_arm64_root "$cache" "$root" >&2
    arm64_root_is_sound "$root" || die "the arm64 root in $root does not run arm64 programs"
  fi
  echo "$root"
}

# Every file is what was unpacked, and the emulator starts a program that is linked against the C++ library.
arm64_root_is_sound() {
  [[ -f "$1/manifest" ]] &&
    (cd "$1" && sha256sum --check --quiet --strict manifest) >/dev/null 2>&1 &&
    qemu-aarch64-static -L "$1" "$1/lib/ld-linux-aarch64.so.1" --list "$1/usr/lib/aarch64-linux-gnu/libstdc++.so.6" >/dev/null 2>&1
}

# build_arm64_root CACHE ROOT: apt works on a state of its own, so that the host's package lists and dpkg database stay as they are.
build_arm64_root() (
  cache=$1
  work=$(mktemp -d "$cache/build.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work"/{state/lists/partial,cache/archives/partial,debs,root}
  : >"$work/status"
  apt=(apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State="$work/state" -o Dir::State::status="$work/status"
    -o Dir::Cache="$work/cache" -o Acquire::Languages=none -o Acquire::Retries=3 -o APT::Sandbox::User=root)

  echo "fetching arm64 packages: ${ARM64_PACKAGES[*]}"
  "${apt[@]}" update || die "apt-get update for arm64"
  (cd "$work/debs" && "${apt[@]}" download "${ARM64_PACKAGES[@]}") || die "apt-get download ${ARM64_PACKAGES[*]} for arm64"
  for package in "$work"/debs/*.deb; do
    dpkg -x "$package" "$work/root" || die "dpkg -x $(basename "$package")"
  done

  rm -rf "$work/root/usr/share"
  (cd "$work/root" && find . -type f ! -name manifest -exec sha256sum {} +) >"$work/manifest"
  mv "$work/manifest" "$work/root/manifest"
  rm -rf "$2"
  mv -T "$work/root" "$2"
)
