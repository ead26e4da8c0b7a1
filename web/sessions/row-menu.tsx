import { Menu } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { useProject } from '../shell/api.ts'
import { describeError } from '../ui/states.tsx'
import { useOnce } from '../ui/use-once.ts'
import type { SessionRow } from './list-query.ts'
import { useJudging, usePinning } from './session-actions.ts'

interface RowMenuProps {
  row: SessionRow
  name: string
  onDataset: (ids: string[]) => void
}

/** A row's own menu. What it holds is made when it opens: a table shows dozens of these buttons while it scrolls. */
export function RowMenu(props: RowMenuProps) {
  const [open, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const close = () => {
    setOpen(false)
    button.current?.focus()
  }
  return (
    <span className="row-menu above">
      <button
        ref={button}
        type="button"
        tabIndex={-1}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={`Menu of ${props.name}`}
        onClick={() => setOpen(true)}
      >
        ⋯
      </button>
      {open && <Opened {...props} onClose={close} />}
    </span>
  )
}

function Opened({ row, name, onDataset, onClose }: RowMenuProps & { onClose: () => void }) {
  const { project } = useProject()
  const ids = [row.session_id]
  const once = useOnce()
  const { start, ready, bill } = useJudging(ids)
  const pin = usePinning(ids, !row.pinned)
  const [copied, setCopied] = useState<string | null>(null)
  const copy = () => {
    const address = `${location.origin}/p/${encodeURIComponent(project)}/sessions/${encodeURIComponent(row.session_id)}`
    navigator.clipboard.writeText(address).then(onClose, () => setCopied(address))
  }
  const trouble = start.error ?? pin.error
  return (
    <Menu
      opened
      onChange={open => !open && onClose()}
      position="bottom-end"
      returnFocus={false}
      trapFocus
      withInitialFocusPlaceholder={false}
      portalProps={{ target: '#page' }}
    >
      <Menu.Target>
        <span className="row-menu-anchor" aria-hidden="true" />
      </Menu.Target>
      <Menu.Dropdown aria-label={`Menu of ${name}`}>
        {start.isSuccess ? (
          <Menu.Item
            renderRoot={rest => (
              <Link to="/p/$project/runs/$run" params={{ project, run: start.data.run_id }} {...rest} />
            )}
          >
            Judging. See the run
          </Menu.Item>
        ) : (
          <Menu.Item
            closeMenuOnClick={false}
            disabled={!ready || start.isPending}
            onClick={() => once(onSettled => start.mutate(undefined, { onSettled }))}
          >
            Judge{bill}
          </Menu.Item>
        )}
        <Menu.Item closeMenuOnClick={false} onClick={() => pin.mutate(undefined, { onSuccess: onClose })}>
          {row.pinned ? 'Unpin' : 'Pin'}
        </Menu.Item>
        <Menu.Item onClick={() => onDataset(ids)}>To dataset …</Menu.Item>
        <Menu.Item closeMenuOnClick={false} onClick={copy}>
          Copy link
        </Menu.Item>
        {copied !== null && <Menu.Label>The browser did not allow it: {copied}</Menu.Label>}
        {trouble && <Menu.Label className="row-menu-trouble">Not done: {describeError(trouble)}</Menu.Label>}
      </Menu.Dropdown>
    </Menu>
  )
}
