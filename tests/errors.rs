//! Promise: an error's kind has one number and one name in every language.

use sonic::ErrorKind;

#[test]
fn kinds_keep_their_numbers_and_names() {
    let kinds = [
        (ErrorKind::InvalidArgument, 1, "invalid_argument"),
        (ErrorKind::NotFound, 2, "not_found"),
        (ErrorKind::Malformed, 3, "malformed"),
        (ErrorKind::Unsupported, 4, "unsupported"),
        (ErrorKind::Limit, 5, "limit"),
        (ErrorKind::Mismatch, 6, "mismatch"),
        (ErrorKind::Io, 7, "io"),
        (ErrorKind::Model, 8, "model"),
        (ErrorKind::Closed, 9, "closed"),
        (ErrorKind::Internal, 10, "internal"),
        (ErrorKind::Busy, 11, "busy"),
    ];
    for (kind, number, name) in kinds {
        assert_eq!((kind as i32, kind.name()), (number, name));
    }
}
