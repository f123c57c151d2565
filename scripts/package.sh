#!/usr/bin/env bash
# Makes what a release has beside the binaries in dist: the licenses of what is
# linked in, and the Debian packages. The same commit gives the same bytes.
#
# Usage: package.sh VERSION   the version that the binaries in dist are named by
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022
export LC_ALL=C VERSION="$1"

# licenses prints the licenses and notices of every module that is linked in, and
# of Go itself.
licenses() {
	{
		echo "Go $(go env GOVERSION) $(go env GOROOT)"
		for os in linux darwin windows; do
			GOOS=$os CGO_ENABLED=0 go list -deps \
				-f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' ./cmd/slotfarm
		done | sort -u
	} | while read -r name version dir; do
		files=$(find "$dir" -maxdepth 1 -type f \( -iname 'licen[cs]e*' -o -iname 'copying*' -o -iname 'notice*' \) | sort)
		if [ -z "$files" ]; then
			echo "package: $name $version has no license" >&2
			exit 1
		fi
		printf '%s %s\n\n' "$name" "$version"
		printf '%s\n' "$files" | while read -r file; do cat "$file"; echo; done
	done
}

# deb_version prints the version as Debian orders it: what comes before a release
# behind "~", what comes after one behind "+", and before all of them by its time
# what was never released.
deb_version() {
	case $VERSION in
	v[0-9]*) printf '%s\n' "${VERSION#v}" | sed -E 's/-dirty$/+dirty/; s/-([0-9]+)-(g[0-9a-f]+)/+\1.\2/; s/-/~/g' ;;
	*) echo "0~$(TZ=UTC git log -1 --format=%cd --date=format-local:%Y%m%d%H%M%S).$VERSION" | sed 's/-/+/g' ;;
	esac
}

SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
DEB_VERSION=$(deb_version)
export SOURCE_DATE_EPOCH DEB_VERSION

licenses >"dist/slotfarm_${VERSION}_licenses.txt"
gzip -9n <CHANGELOG.md >dist/changelog.gz
mkdir dist/completion
for shell in bash zsh fish; do
	bin/slotfarm completion $shell >dist/completion/$shell
done
for ARCH in amd64 arm64; do
	export ARCH
	go tool -modfile=tools/go.mod nfpm package --packager deb \
		--config deploy/nfpm.yaml --target "dist/slotfarm_${VERSION}_$ARCH.deb" >&2
done
rm -r dist/completion dist/changelog.gz
