const made = Symbol('html');

/** Markup that `markup` made: nothing else can make any. */
export interface Html {
  readonly [made]: string;
}

type Value = string | number | Html | readonly Html[];

/** The one sink: markup is what stands in the code, and every value is text. */
export function markup(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  const text = parts.map((part, at) => `${part}${at < values.length ? textOf(values[at] ?? '') : ''}`);
  return { [made]: text.join('') };
}

export function htmlText(value: Html): string {
  return value[made];
}

function textOf(value: Value): string {
  if (typeof value === 'string' || typeof value === 'number') return escape(String(value));
  return made in value ? value[made] : value.map(htmlText).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => entities[mark] ?? '');
}
