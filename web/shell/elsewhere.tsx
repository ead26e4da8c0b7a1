import { useMatches } from '@tanstack/react-router'

const COMMANDS: { [page: string]: string } = {
  judges: 'npx whetstone eval versions',
  settings: 'npx whetstone backend --help',
}

/** Stands in for a page that is not in the browser yet, and says where its work is done meanwhile. */
export function Elsewhere() {
  const match = useMatches().at(-1)
  const name = match?.pathname.split('/')[3] ?? ''
  const command = COMMANDS[name]
  return (
    <div className="page-body">
      <h1>{match?.staticData.crumb?.label}</h1>
      <p>This page is not in the browser yet.</p>
      {command === undefined ? (
        <p>The API does its work: see /openapi.json.</p>
      ) : (
        <p>
          On the command line: <code>{command}</code>
        </p>
      )}
    </div>
  )
}
