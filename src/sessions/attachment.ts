import type { Foreign } from './foreign.ts'

/** What a page says of an attachment, and shows of an image that came with the message itself. */
export interface Attachment {
  media_type: string | null
  /** Bytes of what came with the message; null where it only names an address. */
  size: number | null
  /** `data:` and the image; null for all else. Nothing is ever fetched from an address. */
  image: string | null
}

const IMAGE = /^image\/(?:png|jpeg|gif|webp)$/

/** Reads an attachment of the known dialects: `image_url {url}`, `source {media_type, data}`, `input_audio {data, format}`. */
export function readAttachment(block: Foreign): Attachment {
  const source = asObject(block.source) ?? asObject(block.input_audio) ?? asObject(block.file) ?? block
  const url = readUrl(block) ?? (typeof source.file_data === 'string' ? source.file_data : null)
  const inline = url === null ? null : /^data:([\w/+.-]*)[^,]*;base64,(.*)$/s.exec(url)
  const data = inline?.[2] ?? (typeof source.data === 'string' ? source.data : null)
  const named = [inline?.[1], source.media_type, source.mime_type].find(name => typeof name === 'string' && name !== '')
  const media_type = typeof named === 'string' ? named : null
  if (data === null) return { media_type, size: null, image: null }
  const size = Math.floor((data.replace(/=+$/, '').length * 3) / 4)
  const isShown = media_type !== null && IMAGE.test(media_type) && /^[\w+/=\s-]*$/.test(data)
  return { media_type, size, image: isShown ? `data:${media_type};base64,${data}` : null }
}

function readUrl(block: Foreign): string | null {
  const place = asObject(block.image_url)?.url ?? block.image_url ?? block.url
  return typeof place === 'string' ? place : null
}

function asObject(value: unknown): Foreign | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
}
