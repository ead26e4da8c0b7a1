import { Button, Modal } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import './confirm.css'
import { Failure } from './states.tsx'

interface ConfirmProps {
  /** What will be true afterwards: "ada's key stops working". */
  title: string
  /** What the button does: "Revoke the key". */
  action: string
  /** Whether something is lost by it. */
  destructive?: boolean
  /** Not before what it comes to is known. */
  ready?: boolean
  children: ReactNode
  onConfirm: () => Promise<unknown>
  onClose: () => void
}

/** Asks once, says what comes of it, and stays open with the reason when it did not work. */
export function Confirm(props: ConfirmProps) {
  const { title, action, destructive = true, ready = true, children, onConfirm, onClose } = props
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null })
  const confirm = async () => {
    setState({ busy: true, error: null })
    try {
      await onConfirm()
      onClose()
    } catch (error) {
      setState({ busy: false, error })
    }
  }
  return (
    <Modal opened onClose={onClose} title={title} className="confirm">
      <div className="confirm-text">{children}</div>
      {state.error !== null && <Failure what="It was not done" error={state.error} />}
      <div className="confirm-foot">
        <Button onClick={onClose} variant="subtle">
          Leave it
        </Button>
        <Button
          data-autofocus
          {...(destructive ? { className: 'danger' } : { variant: 'filled' })}
          disabled={!ready}
          loading={state.busy}
          onClick={() => void confirm()}
        >
          {action}
        </Button>
      </div>
    </Modal>
  )
}
