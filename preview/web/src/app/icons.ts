import { cacheStore } from 'react-inlinesvg';
import { BASE_PATH } from './base';

const files = import.meta.glob<string>('/node_modules/@grafana/ui/dist/public/img/icons/**/*.svg', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** Give @grafana/ui its icons from the bundle, so that none is fetched and none appears late. */
export function installIcons(): void {
  for (const [path, content] of Object.entries(files)) {
    const name = path.slice(path.indexOf('/img/icons/'));
    cacheStore.set(`${BASE_PATH}/public/preview/build${name}`, { content, status: 'loaded' });
  }
}
