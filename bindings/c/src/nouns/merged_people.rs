//! What making two people one came to.

use crate::convert::{Out, free};
use crate::nouns::person::{Row, sonic_person};
use sonic::Result;
use sonic::people::MergedPeople;

/// What making two people one came to. Read it through a pointer that the library gave: later versions add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_merged_people {
    /// The person that both are now. Borrowed: do not free it.
    pub person: *const sonic_person,
    /// Faces that are unassigned now, because another of the same photo is more like the person; `unassigned_len` ids.
    pub unassigned: *const u64,
    /// How many ids `unassigned` has.
    pub unassigned_len: usize,
}

/// With what it points to. The row comes first: C's pointer to it is the pointer to all.
#[repr(C)]
struct Merged {
    row: sonic_merged_people,
    _person: Box<Row>,
    _unassigned: Box<[u64]>,
}

impl Merged {
    fn new(of: &MergedPeople) -> Self {
        let person = Box::new(Row::new(&of.person));
        let unassigned: Box<[u64]> = of.unassigned.iter().map(|face| face.0).collect();
        let row = sonic_merged_people {
            person: person.row(),
            unassigned: unassigned.as_ptr(),
            unassigned_len: unassigned.len(),
        };
        Self { row, _person: person, _unassigned: unassigned }
    }
}

/// Frees what sonic_people_merge gave; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_merged_people_free(merged: *mut sonic_merged_people) {
    // SAFETY: the caller keeps the rules of the header; what it holds is the first field of a `Merged`.
    unsafe { free(merged.cast::<Merged>()) }
}

/// Writes what became of two people; C need not want to know.
///
/// # Safety
/// `merged` is null or can be written.
pub(crate) unsafe fn give_merged(merged: *mut *mut sonic_merged_people, of: &MergedPeople) -> Result<()> {
    // SAFETY: the caller's promise.
    let out = unsafe { Out::new(merged.cast::<*mut Merged>(), "merged") };
    out.map_or(Ok(()), |out| out.give(Merged::new(of)))
}
