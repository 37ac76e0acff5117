import './app/base';
import { initPluginTranslations } from '@grafana/i18n';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { installIcons } from './app/icons';
import { followLinks } from './app/location';

installIcons();
followLinks();

const root = document.getElementById('root');
if (root) {
  const draw = (): void => createRoot(root).render(<App />);
  void initPluginTranslations('standin').then(draw, draw);
}
