/// <reference types="@sveltejs/kit" />

declare module 'virtual:pdf-assets' {
  /** Address of the fonts and tables of pdf.js, with a slash at its end. */
  export const assetFolder: string;
}
declare module '*?url' {
  const url: string;
  export default url;
}
