/** A folder of files is a few thousand transcripts; what lies beyond is for the command. */
export const MOST_FILES = 5_000
const TRANSCRIPT = /\.(jsonl|ndjson|json)$/i

/**
 * The files that were dropped, those in dropped folders included: sorted by name below each, entries that begin with a dot and
 * files that are no transcripts by their name left out, at most 5,000.
 */
export async function listDropped(data: DataTransfer): Promise<File[]> {
  // They can be asked for only while the event is handled.
  const entries = [...data.items].map(item => item.webkitGetAsEntry()).filter(entry => entry !== null)
  if (entries.length === 0) return [...data.files]
  const files: File[] = []
  for (const entry of entries) await walkEntry(entry, true, files)
  return files
}

async function walkEntry(entry: FileSystemEntry, isNamed: boolean, files: File[]): Promise<void> {
  if (files.length >= MOST_FILES || (!isNamed && entry.name.startsWith('.'))) return
  if (isFile(entry)) {
    if (isNamed || TRANSCRIPT.test(entry.name)) files.push(await readEntry(entry))
  } else if (isFolder(entry)) {
    for (const inner of await listFolder(entry)) await walkEntry(inner, false, files)
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory
}

function readEntry(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject))
}

/** A browser gives them a hundred at a time. */
async function listFolder(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader()
  const all: FileSystemEntry[] = []
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) return all.sort((a, b) => (a.name < b.name ? -1 : 1))
    all.push(...some)
  }
}
