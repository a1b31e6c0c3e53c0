"""Where originals, converted pictures and mouth crops live: a folder or an object store.

All other modules read and write these files through this package. The key of a file, such as
`images/1f2/anna-1f2e3d4c5b6a.jpg`, is the same in every store. Nothing lists the files of a store:
the catalog knows their names.
"""

from moue.store.location import Location, delete, exists, sha256_of
from moue.store.objects import StoredObject, is_url
from moue.store.staging import Staged, move_into_place, probe, stage, stage_text, synced
from moue.store.store import Store

__all__ = [
    "Location",
    "Staged",
    "Store",
    "StoredObject",
    "delete",
    "exists",
    "is_url",
    "move_into_place",
    "probe",
    "sha256_of",
    "stage",
    "stage_text",
    "synced",
]
