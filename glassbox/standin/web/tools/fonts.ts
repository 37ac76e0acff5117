import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';

/** Where @grafana/ui looks for its fonts, below `__grafana_public_path__`, and what ships in their place. */
const FONTS = {
  'inter/Inter-Regular': 'inter/files/inter-latin-400-normal',
  'inter/Inter-Medium': 'inter/files/inter-latin-500-normal',
  'inter/Inter-Italic': 'inter/files/inter-latin-400-italic',
  'inter/Inter-MediumItalic': 'inter/files/inter-latin-500-italic',
  'roboto/L0xTDF4xlVMF-BfR8bXMIhJHg45mwgGEFl0_3vrtSM1J-gEPT5Ese6hmHSh0mQ':
    'roboto-mono/files/roboto-mono-latin-400-normal',
};

/** The faces that every page needs; without them nothing can be measured. */
const FIRST = Object.keys(FONTS).filter((name) => !name.includes('Italic'));

export function fonts(folder: string): Plugin {
  return {
    name: 'fonts',
    apply: 'build',
    transformIndexHtml: () =>
      FIRST.map((name) => ({
        tag: 'link',
        attrs: {
          rel: 'preload',
          as: 'font',
          type: 'font/woff2',
          crossorigin: '',
          href: `./${folder}/fonts/${name}.woff2`,
        },
        injectTo: 'head',
      })),
    generateBundle() {
      for (const [name, file] of Object.entries(FONTS)) {
        const source = readFileSync(`node_modules/@fontsource/${file}.woff2`);
        this.emitFile({ type: 'asset', fileName: `${folder}/fonts/${name}.woff2`, source });
      }
    },
  };
}
