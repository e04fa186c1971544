/** A piece of a page that is already markup. Anything else that is put into one is escaped. */
export interface Html {
  readonly html: string;
}

type Piece = Html | string | number | null | undefined | readonly Piece[];

/** Markup from a template literal; every value becomes text unless it is markup itself. */
export function html(texts: TemplateStringsArray, ...values: readonly Piece[]): Html {
  const pieces = texts.map((text, i) => text + (i < values.length ? toMarkup(values[i]) : ''));
  return { html: pieces.join('') };
}

/** A sentence whose `values` stand in backticks, as in every message of ours. */
export function prose(sentence: string): Html {
  const parts = sentence.split('`');
  // An odd number of backticks is no pair of them: the sentence stays as it is.
  if (parts.length % 2 === 0) return html`${sentence}`;
  return html`${parts.map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}

/** Safe as text and inside a double- or single-quoted attribute. */
function escapeHtml(text: string): string {
  return (
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#39;')
      // Marks that turn the reading direction could make a name look like another; shown as what they are.
      .replace(/[\u202a-\u202e\u2066-\u2069]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16)}`)
  );
}

function toMarkup(value: Piece): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value));
  if ('html' in value) return value.html;
  return value.map(toMarkup).join('');
}
