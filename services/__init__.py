"""Everything Tandem does, without Streamlit."""
