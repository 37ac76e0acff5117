import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { fonts } from './tools/fonts';
import { notices } from './tools/notices';
import { sources } from './tools/sources';
import { stubs } from './tools/stubs';

const ASSETS = 'public/standin';

export default defineConfig({
  // Relative to <base href>, which the server sets when it serves below a path.
  base: './',
  plugins: [stubs(), react(), fonts(ASSETS), notices(['@fontsource/inter', '@fontsource/roboto-mono']), sources()],
  build: {
    assetsDir: ASSETS,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 5000,
    rolldownOptions: { shimMissingExports: true, output: { codeSplitting: false } },
  },
  test: {
    environment: 'happy-dom',
    include: ['tests/**/*.test.ts'],
    // Its ES modules import names from CommonJS ones, which only a bundler resolves.
    server: { deps: { inline: [/@grafana\/data/] } },
  },
});
