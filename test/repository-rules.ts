import type { SourceFile } from './imports.ts'

/** Names that more than one file exports, as `name: file, file`. A value and a type of one name in one file count once. */
export function findDuplicateNames(files: SourceFile[]): string[] {
  const owners = new Map<string, Set<string>>()
  for (const { path, text } of files) {
    const declared = text.matchAll(
      /^export (?:async )?(?:abstract )?(?:const|let|function\*?|class|interface|type) (\w+)/gm,
    )
    for (const [, name = ''] of declared) owners.set(name, (owners.get(name) ?? new Set()).add(path))
  }
  return [...owners]
    .filter(([, paths]) => paths.size > 1)
    .map(([name, paths]) => `${name}: ${[...paths].join(', ')}`)
    .sort()
}

/** Exported functions without a docstring right before them, and those that are no declarations. */
export function findUndocumented({ path, text }: SourceFile): string[] {
  const lines = text.split('\n')
  return lines.flatMap((line, index) => {
    const declared = line.match(/^export (?:async )?function\*? (\w+)/)?.[1]
    if (declared !== undefined && !/\*\/\s*$/.test(lines[index - 1] ?? '')) {
      // Of an overloaded function the first declaration carries it.
      if (new RegExp(`^export (async )?function ${declared}\\b`).test(lines[index - 1] ?? '')) return []
      return [`${path}:${index + 1}: ${declared} has no docstring`]
    }
    const arrow = line.match(/^export const (\w+) = (?:async )?(?:<[^(]*>)?(?:\([^()]*\)[^=]*=>|\w+ =>|\($)/)?.[1]
    return arrow === undefined ? [] : [`${path}:${index + 1}: ${arrow} is an arrow function; declare it with function`]
  })
}

/** `any`, casts through `unknown`, comments that switch the checker off, and assertions that something is not null. */
export function findCasts({ path, text }: SourceFile): string[] {
  return text.split('\n').flatMap((line, index) => {
    const silences = /@ts-(ignore|expect-error|nocheck)|biome-ignore lint\/suspicious\/noExplicitAny/.test(line)
    const code = line.replace(/(^|\s)(\/\/|\/?\*).*$/, '').replace(/'(?:[^'\\]|\\.)*'|`[^`]*`/g, "''")
    const casts = /\bas unknown as\b|\bas any\b|[:<,|] ?any\b(?! \w)|[\w)\]]!(?=[.;,)\]}[]|\s*$)/.test(code)
    return silences || casts ? [`${path}:${index + 1}: ${line.trim()}`] : []
  })
}

/**
 * Lines that name a host of a package registry or a folder that only one machine has. The homes of ada, grace, user and
 * x are made up for tests.
 */
export function findForeignAddresses(path: string, text: string): string[] {
  const registries = /\b(registry\.(npmjs|yarnpkg)|npmjs\.(org|com)|pypi\.org|files\.pythonhosted|deb\.debian)\b/
  const folders = /(?<![\w.}*:])\/(home\/(?!(ada|grace|user|x)\b)\w|Users\/(?!ada\b)\w|root\/|work\/(main|shared)\b)/
  return text.split('\n').flatMap((line, index) => {
    const found = line.match(registries) ?? line.match(folders)
    return found === null ? [] : [`${path}:${index + 1}: ${found[0]}`]
  })
}

/** The files that a Markdown text links to, relative to itself. */
export function findLinks(text: string): string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(match => (match[1] ?? '').replace(/#.*$/, ''))
    .filter(target => target !== '' && !/^[a-z]+:/.test(target))
}

/** The npm scripts and the repository's own files that a Markdown text runs. */
export function findCommands(text: string): { kind: 'script' | 'file'; name: string }[] {
  const commands = text.matchAll(
    /\bnpm (?:run (?:-\S+ )*([\w:-]+)|(test|start)\b)|\bnode (?:--\S+ )*((?:bench|bin|test|src)\/[\w./-]+)/g,
  )
  return [...commands].map(([, script, short, file]) =>
    file === undefined ? { kind: 'script', name: script ?? short ?? '' } : { kind: 'file', name: file },
  )
}
