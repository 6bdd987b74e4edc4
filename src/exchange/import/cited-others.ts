import { citedList, type CitedList } from './citations.ts';
import { listOf, recordOf, recordsOf, textOf } from './fields.ts';

/** Citations of the text parts of a message of Claude; titles come from the results of its searches. */
export function claudeCited(message: Record<string, unknown>): CitedList {
  const cited = citedList();
  const parts = recordsOf(message['content']);
  const titles = new Map(
    parts
      .filter((part) => part['type'] === 'tool_result')
      .flatMap((part) => recordsOf(part['content']))
      .flatMap((result) => {
        const [title, url] = [textOf(result['title']), textOf(result['url'])];
        return title === null || url === null ? [] : [[url, title] as const];
      }),
  );
  let before = 0;
  for (const part of parts) {
    if (part['type'] !== 'text') continue;
    for (const citation of recordsOf(part['citations'])) {
      const details = recordOf(citation['details']) ?? {};
      const url = textOf(citation['url']) ?? textOf(details['url']);
      const title = citation['title'] ?? details['title'] ?? titles.get(url ?? '');
      const [start, end] = [citation['start_index'], citation['end_index']].map((place) =>
        typeof place === 'number' ? before + place : null,
      );
      cited.add(title, url, start, end);
    }
    // As the parts are joined.
    before += (textOf(part['text']) ?? '').length + 2;
  }
  return cited;
}

/** `sources` of a message of Open WebUI, `citations` in older versions: a source with its passages. */
export function openwebuiCited(message: Record<string, unknown>): CitedList {
  const cited = citedList();
  const sources = Array.isArray(message['sources']) ? message['sources'] : message['citations'];
  for (const one of recordsOf(sources)) {
    const source = recordOf(one['source']) ?? {};
    const passages = recordsOf(one['metadata']);
    for (const about of passages.length === 0 ? [{}] : passages) {
      const at = textOf(about['source']) ?? '';
      const url = [about['url'], source['url'], at, source['name']].find(isAddress);
      cited.add(about['title'] ?? about['name'] ?? source['name'] ?? (at || source['id']), url);
    }
  }
  return cited;
}

const lists = { search: 'organic', news: 'topStories', ref: 'references', file: 'sources' } as const;
/** The marks of LibreChat, as letters or as its models write them. */
const anchor = /(?:\uE202|\\ue202)turn(\d{1,3})([a-z]{1,10})(\d{1,3})/g;
const rest = /[\uE200-\uE204]|\\ue20[0-4]/g;

/** The text with numbers in place of marks, and the pages and files that they stand for; without marks, all of them. */
export function librechatCited(
  content: string,
  message: Record<string, unknown>,
): { text: string; cited: CitedList } {
  const cited = citedList();
  const named = new Map<string, [unknown, unknown]>();
  for (const attachment of recordsOf(message['attachments'])) {
    const type = textOf(attachment['type']) ?? '';
    const found = recordOf(attachment[type]) ?? {};
    const turn = typeof found['turn'] === 'number' ? found['turn'] : 0;
    for (const [kind, list] of Object.entries(lists)) {
      for (const [at, one] of recordsOf(listOf(found[list])).entries())
        named.set(`${turn} ${kind} ${at}`, [one['title'] ?? one['fileName'], one['link'] ?? one['url']]);
    }
  }
  let hasMarks = false;
  const text = content
    .replace(anchor, (_, turn: string, kind: string, at: string) => {
      hasMarks = true;
      const [title, url] = named.get(`${Number(turn)} ${kind} ${Number(at)}`) ?? [];
      const n = cited.add(title, url);
      return n === null ? '' : `[${n}]`;
    })
    .replace(rest, '');
  if (!hasMarks) for (const [title, url] of named.values()) cited.add(title, url);
  return { text, cited };
}

function isAddress(value: unknown): boolean {
  return typeof value === 'string' && /^https?:\/\//.test(value);
}
