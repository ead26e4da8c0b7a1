import { Modal, Switch } from '@mantine/core'
import { type KeyAction, nameKey, switchSingleKeys } from '../ui/keys.ts'
import { useKeyActions, useSingleKeys } from '../ui/use-keys.ts'

/** Every key that does something on this page, and the switch that turns the single ones off. */
export function KeyList({ onClose }: { onClose: () => void }) {
  const actions = useKeyActions().filter(action => action.keys.length > 0)
  const on = useSingleKeys()
  const groups = Map.groupBy(actions, action => action.group)
  return (
    <Modal opened onClose={onClose} title="Keys" size="lg">
      <Switch
        checked={on}
        onChange={event => switchSingleKeys(event.currentTarget.checked)}
        label="Single keys"
        description="Off: only keys with Ctrl or Cmd do anything, as dictation needs it."
      />
      {[...groups].map(([group, members]) => (
        <section key={group}>
          <h3>{group}</h3>
          <dl className="key-list">
            {members.map(action => (
              <KeyLine key={action.label} action={action} />
            ))}
          </dl>
        </section>
      ))}
    </Modal>
  )
}

function KeyLine({ action }: { action: KeyAction }) {
  return (
    <div>
      <dt>
        {action.keys.map(key => (
          <kbd key={key} className="key">
            {nameKey(key)}
          </kbd>
        ))}
      </dt>
      <dd>{action.label}</dd>
    </div>
  )
}
