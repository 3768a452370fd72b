import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { value as asText } from '../format';
import { t } from '../text';

/** Rows shown before "Show all". */
const FIRST_ROWS = 12;

/** Names and values in two columns. */
export function Facts({
  title,
  facts
}: {
  title: string;
  facts: ReadonlyMap<string, unknown>;
}): JSX.Element | null {
  const [all, setAll] = useState(false);
  if (facts.size === 0) {
    return null;
  }
  const rows = [...facts].slice(0, all ? undefined : FIRST_ROWS);
  return (
    <section class="rn-facts" aria-label={title}>
      <h3>{title}</h3>
      <dl style={{ '--rn-fact': `${widthOf(rows)}ch` }}>
        {rows.map(([name, value]) => (
          <div class="rn-fact" key={name}>
            <dt title={name}>{name}</dt>
            <dd class="rn-num" title={asText(value)}>
              {asText(value)}
            </dd>
          </div>
        ))}
      </dl>
      {facts.size > FIRST_ROWS && (
        <button class="rn-link" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? t('Show fewer') : t('Show all %1', facts.size)}
        </button>
      )}
    </section>
  );
}

/** The width of a column in characters: that of the longest pair, within reason. */
function widthOf(rows: readonly (readonly [string, unknown])[]): number {
  const widths = rows.map(([name, value]) => name.length + asText(value).length + 2);
  return Math.min(48, Math.max(20, ...widths));
}
