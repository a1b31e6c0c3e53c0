// @ts-check
/** The files of a drop, also those in dropped folders. */

const MOST = 10_000;

/**
 * Return the dropped files, each with the name of the folder that it was in.
 * @param {DataTransfer} transfer
 * @returns {Promise<{file: File, folder: string}[]>}
 */
export async function filesOf(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry !== null && entry !== undefined);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, folder: "" }));
  const found = /** @type {{file: File, folder: string}[]} */ ([]);
  for (const entry of entries) await walk(/** @type {FileSystemEntry} */ (entry), "", found);
  return found;
}

/** @param {FileSystemEntry} entry @param {string} folder @param {{file: File, folder: string}[]} found */
async function walk(entry, folder, found) {
  if (found.length >= MOST || entry.name.startsWith(".")) return;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject));
    found.push({ file: /** @type {File} */ (file), folder });
    return;
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (;;) { // a reader returns at most 100 entries at a time
    const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!(/** @type {FileSystemEntry[]} */ (part).length)) return;
    for (const child of /** @type {FileSystemEntry[]} */ (part)) await walk(child, entry.name, found);
  }
}
