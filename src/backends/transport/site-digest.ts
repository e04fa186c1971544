/** Shell: `digest PATH` prints a sha256 by the fastest program there is. */
export const digest = `digest() {
  if command -v openssl >/dev/null 2>&1; then openssl dgst -sha256 -r <"$1"
  elif command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"
  else shasum -a 256 <"$1"; fi
}`;
