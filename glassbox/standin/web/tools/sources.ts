import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Plugin } from 'vite';

const FILES = ['index.html', 'package-lock.json', 'package.json', 'tsconfig.json', 'vite.config.ts'];
const FOLDERS = ['src', 'tools'];

/** Writes SOURCES.sha256: the hash of everything the bundle is made from, so that a test needs no node to see it is stale. */
export function sources(): Plugin {
  return {
    name: 'sources-hash',
    apply: 'build',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'SOURCES.sha256', source: `${sourcesHash()}\n` });
    },
  };
}

/** SHA-256 over `<path> <SHA-256 of its content>\n` for each file, sorted by path. */
export function sourcesHash(): string {
  const nested = FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath}/${entry.name}`),
  );
  const total = createHash('sha256');
  for (const path of [...FILES, ...nested].sort()) {
    total.update(`${path} ${createHash('sha256').update(readFileSync(path)).digest('hex')}\n`);
  }
  return total.digest('hex');
}
