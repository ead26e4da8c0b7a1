import { NativeSelect } from '@mantine/core'
import { useState } from 'react'
import { useProject } from '../shell/api.ts'
import { readApiKey } from '../shell/session-key.ts'
import { CopyText } from '../ui/copy-text.tsx'

/** How an agent fetches the prompt by its label. */
export function FetchSnippet({ name, labels }: { name: string; labels: string[] }) {
  const { project } = useProject()
  const choices = [...new Set(['production', ...labels, 'latest'])]
  const [label, setLabel] = useState(labels.includes('production') ? 'production' : (labels[0] ?? 'production'))
  return (
    <section className="fetch-snippet" aria-labelledby="fetch-snippet">
      <h2 id="fetch-snippet">Fetch it by label</h2>
      <NativeSelect
        size="xs"
        aria-label="Label to fetch by"
        value={label}
        onChange={event => setLabel(event.currentTarget.value)}
        data={choices.map(one => ({
          value: one,
          label: labels.includes(one)
            ? one
            : one === 'latest'
              ? 'latest (the newest version)'
              : `${one} (stands nowhere)`,
        }))}
      />
      <CopyText label="Command that fetches it" text={writeCurl(project, name, label)} />
      <p className="quiet">
        Send the ETag of the last answer as If-None-Match: 304 says that nothing changed. {'{{ variables }}'} are filled
        by the agent.
      </p>
    </section>
  )
}

/** With the headers that this server wants: a key where it asks for one, the project where it is another. */
function writeCurl(project: string, name: string, label: string): string {
  const address = `${location.origin}/api/prompts/${encodeURIComponent(name)}?label=${encodeURIComponent(label)}`
  const headers = [
    ...(readApiKey() === null ? [] : [`-H "Authorization: Bearer $WHETSTONE_API_KEY"`]),
    ...(project === 'default' ? [] : [`-H 'X-Whetstone-Project: ${project}'`]),
  ]
  return ['curl', ...headers, `'${address.replaceAll("'", '%27')}'`].join(' ')
}
