const width = 24;
const megabyte = 1024 * 1024;
const stepPercent = 25;

/** A bar on one line where the output is a terminal, else a line for each quarter. */
export function progressBar(): {
  show(label: string, done: number, total: number | null): void;
  clear(): void;
} {
  let shown = '';
  return {
    show(label, done, total) {
      const share = total === null || total === 0 ? null : Math.min(1, done / total);
      const text = `${label} ${describe(done, total, share)}`;
      if (process.stdout.isTTY) {
        if (text !== shown) process.stdout.write(`\r\u001b[2K${text}`);
        shown = text;
        return;
      }
      const step = `${label} ${share === null ? '' : Math.floor((share * 100) / stepPercent)}`;
      if (step !== shown) process.stdout.write(`${text}\n`);
      shown = step;
    },
    clear() {
      if (process.stdout.isTTY && shown !== '') process.stdout.write('\r\u001b[2K');
      shown = '';
    },
  };
}

function describe(done: number, total: number | null, share: number | null): string {
  const size = (done / megabyte).toFixed(1);
  if (share === null || total === null) return `${size} MB`;
  const full = Math.round(share * width);
  const percent = `${Math.floor(share * 100)} %`.padStart(5);
  return `${'█'.repeat(full)}${'░'.repeat(width - full)} ${percent} of ${(total / megabyte).toFixed(1)} MB`;
}
