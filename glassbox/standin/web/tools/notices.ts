import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Plugin } from 'vite';

interface Manifest {
  name: string;
  version: string;
  license?: string;
}

/** Writes THIRD_PARTY_NOTICES: name, version and licence text of every package that has code or files in the bundle. */
export function notices(also: string[]): Plugin {
  return {
    name: 'third-party-notices',
    apply: 'build',
    generateBundle(_options, bundle) {
      const folders = new Set(also.map((name) => resolve('node_modules', name)));
      for (const chunk of Object.values(bundle)) {
        for (const id of chunk.type === 'chunk' ? chunk.moduleIds : []) {
          const folder = packageFolder(id);
          if (folder) folders.add(folder);
        }
      }
      this.emitFile({ type: 'asset', fileName: 'THIRD_PARTY_NOTICES', source: render([...folders]) });
    },
  };
}

function packageFolder(id: string): string | undefined {
  const path = id.replace(/\0/g, '').split('?')[0] ?? '';
  if (!path.includes('/node_modules/')) return undefined;
  for (let folder = dirname(path); folder.includes('/node_modules/'); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    // Folders within a package may say what kind of modules they hold; only the package itself has a name.
    if (existsSync(manifest) && isPackage(JSON.parse(readFileSync(manifest, 'utf8')) as Partial<Manifest>))
      return folder;
  }
  return undefined;
}

const isPackage = ({ name, version }: Partial<Manifest>): boolean => Boolean(name && version);

function render(folders: string[]): string {
  const entries = new Map<string, string>();
  for (const folder of folders) {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
    const texts = readdirSync(folder)
      .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
      .sort()
      .map((file) => readFileSync(join(folder, file), 'utf8').replace(/\r\n/g, '\n').trim());
    entries.set(`${name}@${version}`, `${name} ${version} (${license ?? 'licence as below'})\n\n${texts.join('\n\n')}`);
  }
  const line = `\n\n${'-'.repeat(80)}\n\n`;
  return `The files in this folder contain code of these packages.${line}${[...entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, text]) => text)
    .join(line)}\n`;
}
