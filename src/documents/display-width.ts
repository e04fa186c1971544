/** How many columns a text takes in a terminal. */

/** East Asian wide and full-width letters, and pictures. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;

/** Made when it is first wanted: it takes 20 ms. */
let graphemes: Intl.Segmenter | undefined;

export function displayWidth(text: string): number {
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += wide.test(segment) ? 2 : 1;
  return width;
}

const tabWidth = 4;

/** Tabs become spaces; other control characters become what they are called, so that no file can steer a terminal. */
export function printable(text: string): string {
  const shown = text.replaceAll('\t', ' '.repeat(tabWidth));
  return shown.replace(
    /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
