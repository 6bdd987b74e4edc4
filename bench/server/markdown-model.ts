import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const partLength = 160;
const partEveryMs = 10;

/** A model server that writes one long answer with everything that Markdown has, as fast as a fast model. */
export async function startMarkdownModel(bytes: number): Promise<{ url: string; close(): void }> {
  const text = markdownOf(bytes);
  const server = createServer((request, response) => {
    request.resume();
    if (request.url?.endsWith('/models') === true) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"object":"list","data":[{"id":"bench-chat","object":"model"}]}');
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let at = 0;
    const timer = setInterval(() => {
      response.write(event({ delta: { content: text.slice(at, at + partLength) } }));
      at += partLength;
      if (at < text.length) return;
      clearInterval(timer);
      response.end(`${event({ delta: {}, finish_reason: 'stop' })}data: [DONE]\n\n`);
    }, partEveryMs);
    response.once('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function event(choice: object): string {
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, ...choice }] })}\n\n`;
}

/** Chapters with a list, a table, code, a formula and paragraphs; its last line says that it is the last. */
function markdownOf(bytes: number): string {
  let text = '';
  for (let at = 1; text.length < bytes; at += 1)
    text += `## Chapter ${at}

The colony of *herons* at **Marsk** held ${at * 7} nests, as [the count](https://example.org/${at}) says.[^${at}] ${'More was seen from the pier than in the year before. '.repeat(4)}

- pair ${at} with \`three\` young
- pair ${at + 1} without
  1. one left early

| Year | Nests | Young |
| --- | ---: | ---: |
| 20${10 + (at % 90)} | ${at} | ${at * 3} |
| 20${11 + (at % 89)} | ${at + 4} | ${at * 2} |

\`\`\`python
def nests(year: int) -> int:
    """Counts of chapter ${at}."""
    return sum(count for found, count in counts if found == year)
\`\`\`

The share is $s_{${at}} = \\frac{${at}}{${at + 5}}$.

[^${at}]: Seen on the ${(at % 28) + 1}th.

`;
  return `${text}The last of it.`;
}
