const STORAGE_KEY = 'pipewright:api-key';

/**
 * The key of the last visit. `/#key=…` hands one over on the first visit (a fragment never reaches a
 * server or its log); it does not replace a key that is already kept.
 */
export function keptKey(): string {
  const offered = new URLSearchParams(location.hash.slice(1)).get('key');
  if (offered !== null) history.replaceState(null, '', location.pathname + location.search);
  const kept = localStorage.getItem(STORAGE_KEY);
  if (kept) return kept;
  if (offered) keepKey(offered);
  return offered ?? '';
}

export function keepKey(key: string): void {
  if (key) localStorage.setItem(STORAGE_KEY, key);
  else localStorage.removeItem(STORAGE_KEY);
}
