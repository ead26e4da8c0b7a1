import { Button, Modal, PasswordInput } from '@mantine/core'
import { type FormEvent, useState, useSyncExternalStore } from 'react'
import { giveKey, readQuestion, watchQuestion } from './session-key.ts'

/** Asks for an API key over whatever is open, when the server wants one. */
export function SignIn() {
  const question = useSyncExternalStore(watchQuestion, readQuestion)
  const [key, setKey] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (key.trim() === '') return
    giveKey(key.trim())
    setKey('')
  }
  return (
    <Modal
      opened={question !== null}
      onClose={() => {}}
      withCloseButton={false}
      closeOnEscape={false}
      title="This server asks for an API key"
    >
      <form onSubmit={submit}>
        <PasswordInput
          data-autofocus
          label="API key"
          description="It is kept in this browser. What you have typed on the page stays there."
          error={question?.refused ? 'This key is not valid, or was revoked.' : null}
          value={key}
          onChange={event => setKey(event.currentTarget.value)}
          autoComplete="off"
        />
        <Button type="submit" variant="filled" mt="md">
          Go on
        </Button>
      </form>
    </Modal>
  )
}
