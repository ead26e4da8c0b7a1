/** What this browser keeps of reviewing, in IndexedDB. */

export type StoreName = 'drafts' | 'outbox'

const NAME = 'whetstone-review'
const STORES: StoreName[] = ['drafts', 'outbox']
let opened: Promise<IDBDatabase> | null = null

/** Keeps a value; it is there for good when the promise is kept. @throws if the browser keeps nothing, or is full. */
export async function putValue(store: StoreName, key: string, value: unknown): Promise<void> {
  const database = await openDatabase()
  const transaction = database.transaction(store, 'readwrite')
  transaction.objectStore(store).put(value, key)
  // Without waiting for the answer, so that it is done also when the page goes away now.
  transaction.commit()
  await finish(transaction)
}

/**
 * Changes a value as long as nobody else can: another tab sees it before or after, never between.
 * @param change gives what is to be kept, or undefined where it shall stay as it is.
 * @returns what was kept; undefined where nothing changed. @throws if the browser keeps nothing, or is full.
 */
export async function changeValue<Value>(
  store: StoreName,
  key: string,
  change: (former: unknown) => Value | undefined,
): Promise<Value | undefined> {
  const database = await openDatabase()
  const transaction = database.transaction(store, 'readwrite')
  const objects = transaction.objectStore(store)
  const value = change(await answer(objects.get(key)))
  if (value !== undefined) objects.put(value, key)
  await finish(transaction)
  return value
}

/** @returns what was kept; undefined when nothing was. */
export async function readValue(store: StoreName, key: string): Promise<unknown> {
  const database = await openDatabase()
  return answer(database.transaction(store).objectStore(store).get(key))
}

/** Everything that is kept there, by its key. */
export async function listValues(store: StoreName): Promise<{ key: string; value: unknown }[]> {
  const database = await openDatabase()
  const objects = database.transaction(store).objectStore(store)
  const [keys, values] = await Promise.all([answer(objects.getAllKeys()), answer(objects.getAll())])
  return keys.map((key, index) => ({ key: String(key), value: values[index] }))
}

/** Forgets a value. */
export async function removeValue(store: StoreName, key: string): Promise<void> {
  const database = await openDatabase()
  const transaction = database.transaction(store, 'readwrite')
  transaction.objectStore(store).delete(key)
  await finish(transaction)
}

function openDatabase(): Promise<IDBDatabase> {
  opened ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(NAME, 1)
    request.onupgradeneeded = () => {
      for (const store of STORES) request.result.createObjectStore(store)
    }
    request.onsuccess = () => {
      const database = request.result
      // The browser closed it, or a newer page wants to change it: the next one who asks opens it again.
      database.onclose = () => {
        opened = null
      }
      database.onversionchange = () => {
        opened = null
        database.close()
      }
      resolve(database)
    }
    request.onerror = () => reject(request.error)
  }).catch(error => {
    opened = null
    throw error
  })
  return opened
}

function answer<Value>(request: IDBRequest<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

function finish(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onerror = () => reject(transaction.error)
    transaction.onabort = () => reject(transaction.error)
  })
}
