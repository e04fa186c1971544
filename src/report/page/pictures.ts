import type { ItemPictures, Picture, ReportData } from '../report-data.ts';
import { type Html, html } from './html.ts';
import { plural } from './words.ts';

/** A row per item, from raw to result; then what was made of many items. */
export function renderPictures({ pictures, morePictures, gathered }: ReportData): Html {
  if (pictures.length === 0 && gathered.length === 0) return html``;
  const more =
    morePictures > 0 ? ` ${plural(morePictures, 'more item is', 'more items are')} not shown.` : '';
  return html`<section id="pictures">
<h2>Before and after</h2>
<p class="quiet">Maximum projections along z of the first channel and time in each file, each with its own contrast.${more}</p>
${pictures.map(renderItem)}
${gathered.length === 0 ? null : html`<h3>Made from many items</h3><div class="row">${gathered.map((one) => renderPicture(one, `${one.from}: ${one.label}`))}</div>`}
</section>`;
}

function renderItem({ label, pictures }: ItemPictures): Html {
  return html`<div class="item"><h3>${label}</h3><div class="row of-${pictures.length}">${pictures.map((one) => renderPicture(one, one.from))}</div></div>`;
}

function renderPicture({ url, caption, path }: Picture, title: string): Html {
  const image =
    url === null
      ? html`<div class="empty">${caption}</div>`
      : html`<img src="${url}" alt="${title}" loading="lazy">`;
  return html`<figure title="${path}">${image}<figcaption><b>${title}</b>${url === null ? null : html`<br>${caption}`}</figcaption></figure>`;
}
