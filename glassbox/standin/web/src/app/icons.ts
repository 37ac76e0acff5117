import { cacheStore } from 'react-inlinesvg';
import { BASE_PATH } from './base';

const files = import.meta.glob<string>('/node_modules/@grafana/ui/dist/public/img/icons/**/*.svg', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** What @grafana/ui asks for and does not bring, drawn as another one of its own. */
const SUBSTITUTES = [
  ['spinner', 'sync'],
  ['angle-double-left', 'angle-left'],
] as const;

/** Give @grafana/ui its icons from the bundle, so that none is fetched and none appears late. */
export function installIcons(): void {
  for (const [path, content] of Object.entries(files)) {
    const name = path.slice(path.indexOf('/img/icons/'));
    put(name, content);
    for (const [missing, other] of SUBSTITUTES) {
      if (name === `/img/icons/unicons/${other}.svg`) put(`/img/icons/unicons/${missing}.svg`, content);
    }
  }
}

function put(name: string, content: string): void {
  cacheStore.set(`${BASE_PATH}/public/standin/build${name}`, { content, status: 'loaded' });
}
