//! What a request says: in its path, its query, its JSON. What is wrong is answered as every refusal is.

use crate::app::App;
use crate::error::Refusal;
use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

/// The query of an address; of a name that there is not it says so.
pub(crate) struct Args<T>(pub(crate) T);

/// What stands in the place of the names in braces of a path.
pub(crate) struct At<T>(pub(crate) T);

/// The JSON of a body.
pub(crate) struct Given<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<App> for Args<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Refusal> {
        Ok(Self(Query::try_from_uri(&parts.uri)?.0))
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<App> for At<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        Ok(Self(Path::from_request_parts(parts, app).await?.0))
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Given<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        Ok(Self(Json::from_request(request, app).await?.0))
    }
}
