# shellcheck shell=bash
# What tools/quickstart and tools/test share: messages, packages, configuring. Sourced, never run.

unset CDPATH # else cd may go elsewhere, and print
project_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build_root=${OHMLOOM_BUILD_DIR:-$project_root/build}
# A relative OHMLOOM_BUILD_DIR means what it meant where the user typed it: make it absolute before any cd.
[[ $build_root == /* ]] || build_root=$PWD/$build_root

status_failed=1  # a step of ours failed
status_missing=2 # the machine lacks something the user must provide

step() { printf '==> %s\n' "$*"; }

# fail <status> <one line>
fail() {
    printf '%s: %s\n' "$(basename "$0")" "$2" >&2
    exit "$1"
}

# packages_of <section>...: the packages of these sections of tools/packages, one a line; those whose command is there
# already ("PACKAGE unless COMMAND") left out.
packages_of() {
    local package command
    awk -v wanted=" $* " '
        /^\[/ { split($1, part, /[][]/); inside = index(wanted, " " part[2] " "); next }
        { sub(/#.*/, "") }
        inside && NF { print $1, ($2 == "unless" ? $3 : "") }' "$project_root/tools/packages" |
        while read -r package command; do
            if [[ -n $command ]] && command -v "$command" >/dev/null; then continue; fi
            echo "$package"
        done
}

# missing_of <section>...: those of their packages that are not installed, one a line. Asks dpkg only: no network.
missing_of() {
    command -v dpkg-query >/dev/null || return 0 # not a Debian: let CMake find out what is there
    local wanted
    mapfile -t wanted < <(packages_of "$@")
    comm -23 <(printf '%s\n' "${wanted[@]}" | LC_ALL=C sort -u) \
        <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
            sed -n 's/^installed //p' | LC_ALL=C sort -u)
}

# Whether commands can run as root here without asking anybody, and running one so.
may_be_root() { [[ $(id -u) == 0 ]] || sudo -n true 2>/dev/null; }
as_root() {
    if [[ $(id -u) == 0 ]]; then "$@"; else sudo -n "$@"; fi
}

# apt_install <package>...: installs them. A failed update is not the end: the package lists may be good already.
apt_install() {
    as_root apt-get -o DPkg::Lock::Timeout=300 -q update </dev/null ||
        step 'the package lists could not be refreshed; going on with the ones that are here'
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -q install -y --no-install-recommends \
        "$@" </dev/null
}

# need_packages <section>...: makes sure they are installed, or stops with the command that installs them.
need_packages() {
    local missing command
    mapfile -t missing < <(missing_of "$@")
    if ((${#missing[@]} == 0)); then return; fi
    command="apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
    if ! command -v apt-get >/dev/null || ! may_be_root; then
        fail $status_missing "packages are missing and this user may not install them; run: sudo $command"
    fi
    step "installing ${#missing[@]} packages: ${missing[*]}"
    apt_install "${missing[@]}" ||
        fail $status_missing "apt-get could not install the packages (its reason stands above); mend that, then run: sudo $command"
}

# want_packages <what they are for> <section>...: installs optional packages if that can be done, else says so.
want_packages() {
    local purpose=$1 missing
    shift
    mapfile -t missing < <(missing_of "$@")
    if ((${#missing[@]} == 0)); then return; fi
    if command -v apt-get >/dev/null && may_be_root && apt_install "${missing[@]}"; then return; fi
    step "going on without $purpose: ${missing[*]} not installed"
}

# Compilations at once: one per processor, but each may take 1.5 GB.
build_jobs() {
    local processors memory_jobs
    processors=$(nproc)
    memory_jobs=$(awk '/^MemAvailable/ { print int($2 / 1.5e6) }' /proc/meminfo)
    ((memory_jobs > 0)) || memory_jobs=1
    echo $((memory_jobs < processors ? memory_jobs : processors))
}

# configure <preset> [cmake options]: configures the preset into its folder under the build root.
configure() {
    local preset=$1 folder=$build_root/$1 log home
    shift
    local options=(--preset "$preset" -B "$folder" "$@")
    if command -v ccache >/dev/null; then options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
    # A checkout that was moved or copied: its old cache names another source folder.
    home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$folder/CMakeCache.txt" 2>/dev/null || true)
    if [[ -n $home && $home != "$project_root" ]]; then options+=(--fresh); fi
    mkdir -p "$folder" || fail $status_failed "cannot make the build folder $folder (set OHMLOOM_BUILD_DIR to another)"
    log=$folder/configure.log
    step "configuring $preset in $folder"
    (cd "$project_root" && cmake "${options[@]}") >"$log" 2>&1 || {
        cat "$log" >&2
        fail $status_failed "configuring failed (its output stands above and in $log)"
    }
}

# build <preset> <target>...
build() {
    local preset=$1
    shift
    step "building $preset: $*"
    cmake --build "$build_root/$preset" --parallel "$(build_jobs)" --target "$@" ||
        fail $status_failed "building $* failed (the compiler's output stands above)"
}
