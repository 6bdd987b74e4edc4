export type Theme = 'system' | 'light' | 'dark';
export type TextSize = 'small' | 'normal' | 'large';

export const themes: readonly Theme[] = ['system', 'light', 'dark'];
export const textSizes: readonly TextSize[] = ['small', 'normal', 'large'];

const themeKey = 'alcove-theme';
const sizeKey = 'alcove-text-size';

/** How this browser shows the app; kept here, not in the account. */
export class Appearance {
  theme = $state<Theme>(read(themeKey, themes, 'system'));
  textSize = $state<TextSize>(read(sizeKey, textSizes, 'normal'));

  isDark(): boolean {
    return this.theme === 'system'
      ? matchMedia('(prefers-color-scheme: dark)').matches
      : this.theme === 'dark';
  }

  /** Writes what is chosen where the style sheet reads it. */
  apply(): void {
    const { dataset } = document.documentElement;
    dataset.theme = this.theme;
    dataset.textSize = this.textSize;
    localStorage.setItem(themeKey, this.theme);
    localStorage.setItem(sizeKey, this.textSize);
  }
}

function read<T extends string>(key: string, known: readonly T[], fallback: T): T {
  const stored = localStorage.getItem(key);
  return known.find((one) => one === stored) ?? fallback;
}
