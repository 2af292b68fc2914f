# The projects of tests. Sourced; expects the repository root as working directory.

# What the tests of these ask does not depend on the instruction set: they read and write files, or watch what the tools print.
WITHOUT_ARITHMETIC=(DwEngine.Cli.Tests DwEngine.Formats.Tests DwEngine.Perf.Tests DwEngine.PyTorch.Tests)

# test_projects: the folders of all of them.
test_projects() {
  find tests -mindepth 1 -maxdepth 1 -type d -name 'DwEngine*Tests' | sort
}

# arithmetic_projects: the folders of those that run once more on every instruction set.
arithmetic_projects() {
  test_projects | grep -vxF "$(printf 'tests/%s\n' "${WITHOUT_ARITHMETIC[@]}")"
}
