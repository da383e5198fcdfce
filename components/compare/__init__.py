"""What Streamlit draws of a comparison."""
