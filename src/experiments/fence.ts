/** What stands in a text that is one fenced code block (```` ```json ````) and nothing else; any other text as it is. */
export function removeFence(text: string): string {
  const trimmed = text.trim()
  const start = trimmed.indexOf('\n')
  if (start < 0 || !/^```[\w-]*\s*$/.test(trimmed.slice(0, start)) || !trimmed.endsWith('\n```')) return text
  return trimmed.slice(start + 1, Math.max(start + 1, trimmed.length - 4))
}
