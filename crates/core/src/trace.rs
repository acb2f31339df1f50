//! Spans around what takes time, for whoever listens through the crate `tracing`; without the feature `tracing` there are
//! none, and they cost nothing. A span has a name and no fields: what is recognised is nobody's business.

/// Something that takes time, perhaps in several pieces: the span ends when it is dropped.
#[derive(Debug, Default)]
pub struct Span {
    #[cfg(feature = "tracing")]
    span: Option<tracing::Span>,
}

impl Span {
    #[doc(hidden)]
    #[cfg(feature = "tracing")]
    pub fn of(span: tracing::Span) -> Self {
        Self { span: Some(span) }
    }

    /// Does `work` inside the span.
    pub fn time<T>(&self, work: impl FnOnce() -> T) -> T {
        #[cfg(feature = "tracing")]
        if let Some(span) = &self.span {
            return span.in_scope(work);
        }
        work()
    }
}

/// A new [`Span`] of that name, inside the one that the thread is in.
#[doc(hidden)]
#[macro_export]
#[cfg(feature = "tracing")]
macro_rules! trace_span {
    ($name:literal) => {
        $crate::trace::Span::of($crate::tracing::debug_span!(target: "sonic", $name))
    };
}

/// A new [`Span`] of that name, inside the one that the thread is in.
#[doc(hidden)]
#[macro_export]
#[cfg(not(feature = "tracing"))]
macro_rules! trace_span {
    ($name:literal) => {
        $crate::trace::Span::default()
    };
}
